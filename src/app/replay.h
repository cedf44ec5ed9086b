/* `tapedeck replay`: recorded traffic through the same pipeline, as fast as it goes. */
#ifndef TD_APP_REPLAY_H
#define TD_APP_REPLAY_H

/* argv[0] is "replay". Returns the process's exit code. */
int replay_main(int argc, char **argv);

#endif
