"""Count the devices and addresses of members, and the members that share one."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from engine import checkpoint
from features.rings.definitions import RingFeature
from lake.schemas import BIGINT, DOUBLE

FEATURES = (
    RingFeature("devices", BIGINT, "devices", "distinct devices of the members", "few when loud", "families"),
    RingFeature("accounts_per_device", DOUBLE, "accounts", "members for each of their devices", "above 1", "below 1"),
    RingFeature(
        "addresses", BIGINT, "addresses", "distinct addresses of the members", "few when loud", "homes, carriers"
    ),
    RingFeature(
        "shared_device_share",
        DOUBLE,
        "share",
        "members on a device that another member used",
        "phone farms",
        "families",
        sign=1,
    ),
    RingFeature(
        "shared_address_share",
        DOUBLE,
        "share",
        "members on an address that another member used",
        "farms",
        "homes, carriers",
    ),
)


def devices_and_addresses(members: DataFrame, actions: DataFrame, accounts: DataFrame, max_degree: int) -> DataFrame:
    """Count the devices and addresses of the members' actions and sign-ups, and the members that share one.

    One of more than `max_degree` accounts, by sign-up or as members of rings, is left out: it stands for an unknown
    device, or for half of a town.
    """
    ring_of = members.select("ring_id", "account_id")
    columns = ["ring_id", "account_id", "device_id", "ip_id"]
    used = actions.where("ring_id IS NOT NULL AND recent").select(columns)
    signed_up = accounts.select(
        "account_id", F.col("signup_device_id").alias("device_id"), F.col("signup_ip_id").alias("ip_id")
    )
    at_signup = signed_up.join(ring_of, on="account_id", how="inner").select(columns)
    used_by_members = checkpoint(_devices_and_addresses_of(used.union(at_signup).distinct()).distinct())
    widespread = (
        used_by_members.select("account_id", "id_type", "device_or_address")
        .unionByName(_devices_and_addresses_of(signed_up))
        .groupBy("id_type", "device_or_address")
        .agg(F.count_distinct("account_id").alias("accounts"))
        .where(F.col("accounts") > max_degree)
    )
    users = F.count("*").over(Window.partitionBy("ring_id", "id_type", "device_or_address"))
    specific = used_by_members.join(widespread, on=["id_type", "device_or_address"], how="left_anti").withColumn(
        "users", users
    )

    def counts_of(id_type: str) -> tuple[Column, Column]:
        """Return how many there are, and how many members share one; null where none is known."""
        devices_and_addresses = F.count_distinct(F.when(F.col("id_type") == id_type, F.col("device_or_address")))
        sharers = F.count_distinct(F.when((F.col("id_type") == id_type) & (F.col("users") > 1), F.col("account_id")))
        return F.nullif(devices_and_addresses, F.lit(0)), F.when(devices_and_addresses > 0, sharers)

    (devices, on_devices), (addresses, on_addresses) = counts_of("device"), counts_of("ip")
    return specific.groupBy("ring_id").agg(
        devices.alias("devices"),
        on_devices.alias("shared_device_share"),
        addresses.alias("addresses"),
        on_addresses.alias("shared_address_share"),
    )


def _devices_and_addresses_of(seen: DataFrame) -> DataFrame:
    """Return a row per device and address of each row: `id_type` (device or ip), `device_or_address`."""
    types = [
        F.struct(F.lit(id_type).alias("id_type"), F.col(f"{id_type}_id").alias("device_or_address"))
        for id_type in ("device", "ip")
    ]
    rest = [name for name in seen.columns if name not in ("device_id", "ip_id")]
    return (
        seen.select(*rest, F.explode(F.array(*types)).alias("item"))
        .select(*rest, "item.id_type", "item.device_or_address")
        .where("device_or_address IS NOT NULL")
    )
