"""What people and programs do on the simulated GitHub; every rule and refusal is here."""
