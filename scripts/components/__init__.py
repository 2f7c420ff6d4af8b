"""The parts of scripts/check-components."""
