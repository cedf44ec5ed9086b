#include "base/build.h"

#ifndef TD_VERSION
#define TD_VERSION "0.0.0"
#endif
#ifndef TD_COMMIT
#define TD_COMMIT "unknown"
#endif

const char *td_build_version(void)
{
    return TD_VERSION;
}

const char *td_build_hash(void)
{
    return TD_COMMIT;
}
