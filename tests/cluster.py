"""A SLURM cluster of one node on the loopback interface, for as long as a test needs it."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

CONFIGURATION = Path("/etc/slurm/slurm.conf")
"""Where SLURM looks for it: the variable that names another is not handed on within a job."""
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun", "sinfo")
SECONDS_TO_START = 60


def missing():
    """Why there can be no such cluster here, or None."""
    if lacking := [name for name in PROGRAMS if not shutil.which(name)]:
        return f"SLURM is not installed: no {', '.join(lacking)} (on Debian, as root: apt-get install slurm-wlm)"
    if not find_spec("snakemake_executor_plugin_slurm"):
        return "Snakemake cannot submit to SLURM (pip install --requirement envs/slurm.txt)"
    if os.getuid() != 0:
        return "only root can start a SLURM node that runs jobs"
    if CONFIGURATION.exists():
        return f"this machine is a SLURM cluster already: {CONFIGURATION} exists"
    return None


def configuration(folder, host, n_cpus, megabytes):
    """Without accounts, accounting and MUNGE, none of which one user on one machine needs."""
    return f"""ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MinJobAge=300
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={n_cpus} RealMemory={megabytes}
PartitionName=all Nodes=ALL Default=YES
"""


@contextmanager
def cluster(folder):
    """A cluster whose files are in ``folder``; all that it started has ended, and its configuration is gone, after it.

    Raises :class:`RuntimeError` with its logs if the node does not come up.
    """
    folder, host = Path(folder), socket.gethostname().partition(".")[0]
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    CONFIGURATION.parent.mkdir(exist_ok=True)
    text = configuration(folder, host, os.cpu_count(), megabytes * 9 // 10)
    CONFIGURATION.write_text(text, encoding="utf-8")
    started = []
    try:
        for name in ("slurmctld", "slurmd"):
            with open(folder / f"{name}.out", "wb") as out:
                started.append(subprocess.Popen([name, "-D"], stdout=out, stderr=out))
        until = time.monotonic() + SECONDS_TO_START
        while (state := node_state()) != "idle":
            if time.monotonic() > until:
                logs = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("slurm*.log")))
                raise RuntimeError(f"the node is {state or 'unknown'} after {SECONDS_TO_START} s:\n{logs}")
            time.sleep(0.5)
        yield
    finally:
        subprocess.run(["scancel", "--user", "root"], capture_output=True)
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(timeout=30)
        CONFIGURATION.unlink()


def node_state():
    """What ``sinfo`` says, nothing while nobody answers."""
    return subprocess.run(["sinfo", "--noheader", "--format=%t"], capture_output=True, text=True).stdout.strip()
