"""The loop: check, deploy, gate, test, diagnose, repair, and write it all down first."""
