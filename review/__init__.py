"""From scores to cases that reviewers can work through, and from their decisions to what is still out there."""
