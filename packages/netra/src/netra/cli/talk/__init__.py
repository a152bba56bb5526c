"""What `netra chat` is made of: the line that was typed, the server's door, one turn, and the screen."""
