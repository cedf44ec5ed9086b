/* What udhcpc runs at each of its events: `/bin/dhcp-hook bound` with the server's words in the environment. A process of its own. */
#ifndef TD_INIT_HOOK_H
#define TD_INIT_HOOK_H

/* Sets address, route, names and the lease file. Returns the exit code. */
int hook_main(int argc, char **argv, char *const *environment);

#endif
