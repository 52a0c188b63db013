"""What only this repository needs: `generated/` made from `specs/`, and `specs/` compared with upstream."""
