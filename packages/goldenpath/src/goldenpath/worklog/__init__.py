"""The worklog: every view is a fold of the journal."""
