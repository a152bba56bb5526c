"""Questions with known answers, asked through the front door, to see whether what the agents say is true."""
