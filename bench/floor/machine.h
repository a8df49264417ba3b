// What both floors ask of the machine: a processor to run on, a listener, the time used so far.

#pragma once

namespace moldau::bench {

void pin(int processor);

// A listening socket on a free port of the loopback interface, which is told in `port`.
int listen_on_loopback(int backlog, int& port);

// User and system time of this process.
double processor_seconds();

}  // namespace moldau::bench
