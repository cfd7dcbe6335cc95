"""Which vendor stands behind which port: the only place that names vendor clients, one module per kind of process."""
