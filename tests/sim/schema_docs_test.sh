#!/bin/sh
# The reference pages of docs/authoring/ say what the schemas say.
command -v python3 >/dev/null || { echo "skipped: python3 is not there"; exit 77; }
exec tools/schema-docs --check
