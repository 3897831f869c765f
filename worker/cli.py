"""`plumbline worker`, joined to the CLI through an entry point so that the CLI need not import arq."""

import typer

commands = typer.Typer()


@commands.command("worker")
def worker() -> None:
    """Do the work: decide and publish. Needs DATABASE_URL, REDIS_URL and a GitHub App (or a playground)."""
    import uvloop

    from app.bootstrap import literal_secrets, require_servers
    from app.logs import set_up_logs
    from app.settings import read_settings
    from worker.process import run_worker

    settings = read_settings()
    require_servers(settings)
    set_up_logs(as_json=settings.log_json, secrets=literal_secrets(settings))
    uvloop.run(run_worker(settings))
