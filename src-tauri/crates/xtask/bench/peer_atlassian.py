"""Publishes a page with a PDF by atlassian-python-api, as its documentation has it.

`update_or_create` for the page, `attach_file` for the PDF, all settings as they are by default
(a Retry-After is honoured once, the time-out is 75 seconds). What the library raises ends the
script with an exit code, as in anybody's. Arguments: the server's address, the space's key, the
title, a file with the body in storage format, the PDF. The personal access token comes in the
environment variable CONFLUENCE_TOKEN.

With a number as a sixth argument it publishes so many pages, each with a title of its own, and
prints the milliseconds each took.
"""

import os
import sys
import time
from pathlib import Path

from atlassian import Confluence


def main():
    address, space, title, body, pdf = sys.argv[1:6]
    confluence = Confluence(url=address, token=os.environ["CONFLUENCE_TOKEN"])
    if len(sys.argv) == 6:
        publish(confluence, space, title, body, pdf)
        return
    for number in range(int(sys.argv[6])):
        start = time.perf_counter()
        publish(confluence, space, f"{title} {number}", body, pdf)
        print((time.perf_counter() - start) * 1000)


def publish(confluence, space, title, body, pdf):
    page = confluence.update_or_create(space=space, title=title, body=Path(body).read_text())
    confluence.attach_file(pdf, page_id=page["id"])


if __name__ == "__main__":
    main()
