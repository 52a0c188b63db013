"""Where the tests find the repository and the documents that stand beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
BUILD = ROOT / "build"
CACHE = ROOT / ".cache"
DEMO = ROOT / "demo"
KITCHEN_APP = DEMO / "app.py"
KITCHEN_SNAPSHOT = ROOT / "generated" / "spaces" / "kitchen" / "spec"
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpus"
GUIDES = SHARED / "guides"
