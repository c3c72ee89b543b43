"""The workflow by which a forge keeps an agreement: validated, compared and checked on every pull request."""

from __future__ import annotations


def github(folder: str) -> str:
    """Give a workflow of GitHub Actions for the contract in a folder of the repository."""
    return f"""\
# Keeps the agreement in {folder}/: what is wrong with it, what a pull request changes and for whom, and what the data
# say. It may read the repository and write nothing.
name: slacli
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  agreement:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0  # the versions of the agreement stand in its history
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install slacli
      - run: slacli validate --contract {folder}
      - name: What the pull request changes, and for whom
        if: github.event_name == 'pull_request'
        env:
          BASE: ${{{{ github.event.pull_request.base.sha }}}}
        run: slacli diff "$BASE" --contract {folder} --format markdown >> "$GITHUB_STEP_SUMMARY"
      # A pull request fails for what it brings about, not for what the last report of its base has already.
      - uses: actions/cache/restore@v4
        id: before
        if: github.event_name == 'pull_request'
        with:
          path: report.json
          key: slacli-${{{{ github.base_ref }}}}-
          restore-keys: slacli-${{{{ github.base_ref }}}}-
      # Put the exports into exports/ in a step of your own, from where they are kept, and take out `if: false`.
      - name: What the data say
        id: data
        if: false
        env:
          SINCE: ${{{{ steps.before.outputs.cache-matched-key && '--since report.json' || '' }}}}
        run: slacli check exports/*.csv --contract {folder} --as-of "$(date +%F)" --all --rows rows.csv $SINCE
      - name: The report that pull requests are compared with
        id: report
        if: always() && github.event_name == 'push' && steps.data.outcome != 'skipped'
        run: |
          slacli check exports/*.csv --contract {folder} --as-of "$(date +%F)" --all \\
            --format json --output report.json || [ $? -eq 1 ]
      - uses: actions/cache/save@v4
        if: always() && steps.report.outcome == 'success'
        with:
          path: report.json
          key: slacli-${{{{ github.ref_name }}}}-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
      - uses: actions/upload-artifact@v4
        if: always() && hashFiles('rows.csv') != ''
        with:
          name: rows
          path: rows.csv
          retention-days: 7
"""
