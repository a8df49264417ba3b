/* hold: the smallest supervisor, in two roles.
 *
 *   hold               waits for ever and reaps: the first process of a node, and the pause container of a pod
 *   hold COMMAND...    keeps COMMAND running: starts it again a second after it ended, and takes it along when told to end
 */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t ending;

static void end(int number)
{
	(void)number;
	ending = 1;
}

static void nothing(int number)
{
	(void)number;
}

/* Without SA_RESTART, so that a signal ends the wait that it arrives in. */
static void on(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };
	sigaction(number, &action, NULL);
}

static int wait_for_ever(void)
{
	sigset_t all, none;
	sigfillset(&all);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &all, NULL);
	while (!ending) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sigsuspend(&none);
	}
	return 0;
}

static int keep(char **command)
{
	while (!ending) {
		pid_t child = fork();
		int status = 0;
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			execvp(command[0], command);
			perror(command[0]);
			_exit(127);
		}
		while (waitpid(child, &status, 0) < 0)
			if (ending)
				kill(child, SIGTERM);
		if (!ending) {
			fprintf(stderr, "hold: %s ended with status %d\n", command[0], status);
			sleep(1);
		}
	}
	return 0;
}

int main(int count, char **words)
{
	on(SIGTERM, end);
	on(SIGINT, end);
	on(SIGCHLD, nothing);
	return count > 1 ? keep(words + 1) : wait_for_ever();
}
