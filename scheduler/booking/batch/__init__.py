"""Many instructions at once: judged one by one, arranged together, held in one go, accepted in part."""
