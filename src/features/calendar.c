#include "base/utc.h"
#include "features/structural.h"

void calendar_fill(int64_t event_ns, struct feature_row *row)
{
    struct td_utc utc = td_utc_from_ns(event_ns);

    feature_put(row, FEATURE_minute, utc.minute);
    feature_put(row, FEATURE_day_of_week, utc.weekday);
    feature_put(row, FEATURE_is_weekend, utc.weekday >= 5);
}
