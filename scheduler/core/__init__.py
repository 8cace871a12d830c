"""Ground: what knows nothing of clinics, workshops or trainings."""
