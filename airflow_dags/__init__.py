"""The schedules of the suite: point Airflow's DAGs folder here."""
