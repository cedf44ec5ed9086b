/* `tapedeck config`: check the configuration and print what follows from it. argv[0] is "config"; returns the exit code. */
#ifndef TD_APP_CONFIGURE_H
#define TD_APP_CONFIGURE_H

int configure_main(int argc, char **argv);

#endif
