"""Texts as rows: written with the booking's change, claimed by any worker, sent once or accounted for."""
