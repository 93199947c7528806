"""LanceDB is imported without the client of its service, which can still be used."""

import subprocess
import sys


def python(code: str) -> None:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_client_of_a_service_is_not_imported():
    python(
        "import sys, hearsight.util.lazy_lancedb\n"
        "assert not [name for name in sys.modules if name.startswith('lance_namespace_urllib3_client.api')]"
    )


def test_the_client_is_imported_when_a_name_of_it_is_used():
    python(
        "import hearsight.util.lazy_lancedb, lance_namespace_urllib3_client as client\n"
        "from lance_namespace_urllib3_client.models import ListTablesResponse\n"
        "assert client.TableApi.__module__ == 'lance_namespace_urllib3_client.api.table_api'\n"
        "assert client.ListTablesResponse is ListTablesResponse\n"
        "assert ListTablesResponse(tables=['clips']).to_dict() == {'tables': ['clips']}\n"
        "assert not hasattr(client, 'no_such_name')"
    )
