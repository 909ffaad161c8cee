import socket
from pathlib import Path

from workflow.stragglers.data.download import download
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.support.sealed import naming

# A server that stops answering ends the attempt.
socket.setdefaulttimeout(60)
with job_log(snakemake.log[0]):
    download(snakemake.wildcards.source, Path(snakemake.config.get("data_dir", "data")))
    with naming(snakemake.output[0]):
        Path(snakemake.output[0]).touch()
