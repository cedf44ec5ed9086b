/* `tapedeck venues`: the venues of this build. argv[0] is "venues"; returns the exit code. */
#ifndef TD_APP_VENUES_H
#define TD_APP_VENUES_H

int venues_main(int argc, char **argv);

#endif
