/* `tapedeck record`: connect, record, show, stop cleanly. argv[0] is "record"; returns the exit code. */
#ifndef TD_APP_RECORD_H
#define TD_APP_RECORD_H

int record_main(int argc, char **argv);

#endif
