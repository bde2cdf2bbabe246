"""What a run found, told at the terminal and in files; all forms are made of one model."""
