"""The contract as code: every table that the suite reads or leaves behind, with the meaning of each column.

Source tables belong to the platform and are only read. Output tables are published a day at a time. Internal tables are
the suite's own working state: they may be read, but their columns are no promise to anyone.
"""

# All that they define, so that a new table is one entry of one file.
from lake.schemas.internal import *
from lake.schemas.output import *
from lake.schemas.source import *
from lake.schemas.table import *
from lake.schemas.vocabulary import *

DERIVED = tuple(table for table in (*OUTPUTS, *INTERNAL) if table is not JOB_RUNS)
"""What is known from source tables, and means nothing without them."""
