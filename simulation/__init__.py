"""A made-up platform: its people, its abusers, its reviewers; and the truth about them, kept beside the lake.

`plan_world` decides on the driver who there is and what is agreed upon (accounts, videos, groups, planned acts), as
numpy arrays; the events of a day are then made by Spark tasks out of that plan.
"""
