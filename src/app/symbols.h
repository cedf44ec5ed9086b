/* `tapedeck symbols VENUE`: what a venue lists. argv[0] is "symbols"; returns the exit code. */
#ifndef TD_APP_SYMBOLS_H
#define TD_APP_SYMBOLS_H

int symbols_main(int argc, char **argv);

#endif
