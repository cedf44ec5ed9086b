#include "base/limits_check.h"
