"""Publishes a page with a PDF by atlassian-python-api, as its documentation has it.

`update_or_create` for the page, `attach_file` for the PDF, all settings as they are by default
(a Retry-After is honoured once, the time-out is 75 seconds). What the library raises ends the
script with an exit code, as in anybody's. Arguments: the server's address, the space's key, the
title, a file with the body in storage format, the PDF. The personal access token comes in the
environment variable CONFLUENCE_TOKEN.
"""

import os
import sys
from pathlib import Path

from atlassian import Confluence


def main():
    address, space, title, body, pdf = sys.argv[1:]
    confluence = Confluence(url=address, token=os.environ["CONFLUENCE_TOKEN"])
    page = confluence.update_or_create(space=space, title=title, body=Path(body).read_text())
    confluence.attach_file(pdf, page_id=page["id"])


if __name__ == "__main__":
    main()
