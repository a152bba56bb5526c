"""A first manifest out of the files that say how a system is started today; pure but for reading those files."""
