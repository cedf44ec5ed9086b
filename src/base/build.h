/* What was built: given by the Makefile as TD_VERSION and TD_COMMIT, never a time of day (two
 * builds are identical). */
#ifndef TD_BASE_BUILD_H
#define TD_BASE_BUILD_H

const char *td_build_version(void); /* "0.1.0"; static */
const char *td_build_hash(void); /* commit of the sources, "unknown" outside a checkout; static */

#endif
