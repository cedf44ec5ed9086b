/* What init says on the console at each step, word for word: the tests of the appliance wait for these lines. Each follows "init: ". */
#ifndef TD_INIT_MARKS_H
#define TD_INIT_MARKS_H

#define MARK_STARTED "started %s slot %c"
#define MARK_CARD "card found %s"
#define MARK_DATA "data mounted"
#define MARK_ADDRESS "address %s"
#define MARK_TIME "time %s" /* synced, floor */
#define MARK_RECORDER_STARTED "recorder started pid %d"
#define MARK_RECORDER_ENDED "recorder ended: %s"
#define MARK_HEALTHY "healthy"
#define MARK_SWITCHING "switching back"
#define MARK_UPDATED "update applied %s"
#define MARK_STARVED "watchdog no longer fed: %s"
#define MARK_DOWN "down"

#endif
