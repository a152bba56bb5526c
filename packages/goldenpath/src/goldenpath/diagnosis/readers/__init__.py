"""What the evidence says of one prediction; the catalogue is written with these."""
