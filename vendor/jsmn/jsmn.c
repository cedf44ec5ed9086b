/* The body of the JSON tokeniser: the header emits it when it is not asked for declarations alone. */
#include <jsmn.h>
