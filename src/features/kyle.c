#include "features/kyle.h"

static const double flow_variance_least = 1e-10, r2_variance_least = 1e-18;
enum { LAMBDA_PAIRS = 2, R2_PAIRS = 10 };

struct kyle_values kyle_of(const struct kyle *k, const struct moments *returns, double size_unit)
{
    struct kyle_values values = {NAN, NAN};
    uint64_t n = k->flow.count;

    if (n < LAMBDA_PAIRS)
        return values;
    double scale = 1.0 / ((double)n * (double)n), return_unit = 0x1p-56;
    struct wide together =
        wide_minus(wide_times(k->product, n), wide_signed_product(returns->sum, k->flow.sum));
    double covariance = wide_double(together) * scale * return_unit * size_unit;
    double of_flow = wide_double(moments_spread(&k->flow)) * scale * size_unit * size_unit;
    double of_return = wide_double(moments_spread(returns)) * scale * return_unit * return_unit;

    if (of_flow >= flow_variance_least)
        values.lambda = covariance / of_flow;
    if (n >= R2_PAIRS && of_flow > r2_variance_least && of_return > r2_variance_least)
        values.r2 = covariance * covariance / (of_flow * of_return);
    return values;
}
