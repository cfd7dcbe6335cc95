"""What the simulated GitHub knows: entities, git repositories, who may do what."""
