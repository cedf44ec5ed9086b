/* The body of the JSON tokeniser: the header emits it unless asked for declarations alone. */
#include <jsmn.h>
