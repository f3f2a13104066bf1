#!/usr/bin/env python3
"""What docs/authoring/plants.md shows is what stands in the files: each block after a line "`path`:" is in that file as it is."""
import re
import sys

text = open("docs/authoring/plants.md", encoding="utf-8").read()
blocks = re.findall(r"^`([^`\n]+)`:\n```\w*\n(.*?)^```", text, re.M | re.S)
wrong = [f"{path}: not there:\n{block}" for path, block in blocks if block not in open(path, encoding="utf-8").read()]
print("\n".join(wrong) or f"{len(blocks)} blocks are as in their files")
sys.exit(1 if wrong or len(blocks) < 8 else 0)
