"""What /proc says: processor time of a process, of the machine, memory, and facts about the machine."""

import os
import pathlib
import platform
import re
import resource
import time

TICKS = os.sysconf("SC_CLK_TCK")


def process_cpu(pid):
    """User and system seconds so far."""
    return parse_process_stat(pathlib.Path(f"/proc/{pid}/stat").read_text())


def parse_process_stat(text):
    """The program's name stands in brackets and may hold anything."""
    fields = text.rsplit(")", 1)[1].split()
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS


def machine_cpu():
    return parse_machine_stat(pathlib.Path("/proc/stat").read_text())


def parse_machine_stat(text):
    """Seconds that all processors were busy, and seconds taken by the hypervisor."""
    user, nice, system, _idle, _wait, irq, softirq, steal = (int(word) / TICKS for word in text.split("\n")[0].split()[1:9])
    return user + nice + system + irq + softirq, steal


def rss_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


class Window:
    """Processor time of one broker, of the client, and of all others, between begin and end."""

    def __init__(self, pid):
        self.pid = pid
        self.start = self.reading()

    def reading(self):
        user, system = process_cpu(self.pid)
        busy, steal = machine_cpu()
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        own = sum(usage.ru_utime + usage.ru_stime for usage in usages)
        return {"user_s": user, "system_s": system, "client_s": own, "busy_s": busy, "steal_s": steal,
                "window_s": time.monotonic()}

    def end(self):
        now = self.reading()
        values = {key: now[key] - self.start[key] for key in now}
        others = values.pop("busy_s") - values["user_s"] - values["system_s"] - values["client_s"]
        values["cpu_s"] = values["user_s"] + values["system_s"]
        values["others_s"] = max(0.0, others)
        return {key: round(value, 4) for key, value in values.items()}


def drop_page_cache():
    """True when the kernel let us: only root may."""
    os.sync()
    try:
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("1\n")
        return True
    except OSError:
        return False


def forget_files(folder):
    """Asks the kernel to drop the cached pages of the files under `folder`: what anybody may do."""
    for path in pathlib.Path(folder).rglob("*.log"):
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def machine_facts(folder):
    """No names: what a reader needs to compare."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) / 2**20
    return {"processors": os.cpu_count(), "model": cpu.group(1) if cpu else platform.machine(),
            "memory_gib": round(memory, 1), "kernel": platform.release().split("-")[0],
            "file_system": file_system_of(folder)}


def file_system_of(folder):
    best = ("", "unknown")
    for line in pathlib.Path("/proc/mounts").read_text().split("\n"):
        words = line.split()
        if len(words) > 2 and str(pathlib.Path(folder).resolve()).startswith(words[1]) and len(words[1]) >= len(best[0]):
            best = (words[1], words[2])
    return best[1]
