/* RSA keys made for tests by openssl genpkey, and a token that openssl dgst -sha256 -sign signed with the first: known to everybody, good
   for nothing else. */
#ifndef TD_TEST_RSA_PAIR_H
#define TD_TEST_RSA_PAIR_H

static const char rsa_2048[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCxdQKzzpQmxCOv\n"
                               "qbCRiDcNAUBrMQ20noOa4ZOGn8bJEmT5z7vHgB8ioT6kMDaseSxyTbQWBTFEStX2\n"
                               "BWrZYbEYdLDpOvewgZ4QOIckyRoSZ6QrGLHmufoof0jPaQypT+hUxizN//m/aUas\n"
                               "kEMLJl/+n8O8ytVGLmRfAuyH3aqwPFO6KUHrCVybu0yJUjgLAe+4HinojszuCPOz\n"
                               "ndea+OOLy6RZijK/lXXJRFhnQ5yiWVQeWBDp0kEoEMy10CIACgA9XUpngsxDzNKD\n"
                               "g8RH3HS4iCSQI5UAYXXU4ICQt8eTGdtZeSjAXiSPAlW5gM8a2sXSgytN7lbr/87P\n"
                               "/XwRqVxHAgMBAAECggEAE3m0hLhIwSJoijhU1Pv+krJO+BSnnOmCpwZXswApCFs4\n"
                               "8sOuJ5xzjlDk948FCRO5YYgOmhYSzJxr8/avPdE/ZuAzpD0g/uGSz9PsXQinEFsI\n"
                               "hORObfR+NGCXxI+SYKiQ5nDjbO5JYgzzQTAJ85jQEzlEeZ1HH88qm9TN0bFtsK6W\n"
                               "2kHSeWYXiFsfb2oYae8yPrDfmplonfy5hWbUxLAY99Qe6mzmhiiQon8LEAMmOBI6\n"
                               "eBnciO+tGUcgKBeX5QOiSZhKOYEaq++MG2E97fRr/rD3HOFEiEZ5kfITyhFeeTpE\n"
                               "rqP+SM6+oCFTP7XX7cN7hE9LWp7/k5WwwQEmtZAB7QKBgQD6ig7sbL+Qhe9bQ3a5\n"
                               "hNk675aG+yI+FsXECTVgI/Ubl3ahCPNYDuXeIxbiYKLVnRajwlQVLWeVHlHUTsWc\n"
                               "d2Fiod17isUy6lYEgQ+2zFlbdqBhOTF8D/pRamealHwze4Dalf5Lcpv4zSsd2HEL\n"
                               "AdoXVpQb7xt05qJEi6QqATDFwwKBgQC1UyxV6Z2RILfSgHEYnw1YzFWC8sxP70Hs\n"
                               "H8ewTj+JGbgO/M+OHEwMEgjjNE27SPEXY2zDYdyMpaI7SoXC9n8amcCg7/LtpjGq\n"
                               "HfQ6gAmj/lWJpkSjzVyYM5nZSpWSrs3qJdDuHE0uKgWnNi2WckEcr7E2RrJ8j6s6\n"
                               "DVN5y8BzLQKBgDHjb9lQRk0G/oSTyH5kn8UGlFjIhScL7dF9a+16+4HFBVBHsf0k\n"
                               "6kzze8kUKRiUMT/moEufQPMGmJDIJr1jYDb9uFazaVUcKIi5EmH6CwkVdBYoB1yG\n"
                               "6fdwUrULQDgYLa5ZE8v+RGSkpiNJSClC8ySWjuOJF1SN4F352HSszAN1AoGABvsD\n"
                               "uu76dOrYiM8PC46b+e4r4JWuTel9FTUH//6TLZkC3/jVmLf4KYLMOsr5rxsYxPi7\n"
                               "6C2tSvDZdQTib2YD8Kc4pjl2lbWPNehfTZ0+QcT50AnJnLC8PtPFuXrIlVQLc1cv\n"
                               "WutWAU/21cAdMyyE2zDcVqWUG32AbwSyUP8KEqUCgYEAy52r3t3285ZKSMB6w4q4\n"
                               "8fBvX3pxzyXc9qDBOMpTy1NLyvWxrHOy3HUklhM+IDZMq9e3NKJYIbtEeTCL3feS\n"
                               "hOChFEqTwIkhZ1lIzrUDvaCxeZVoRy3ilNmLTH6VWWaL5gdZr6anAwKq5rrnFXAu\n"
                               "T+GpfJw0hGRNFDYTtbz2MHs=\n"
                               "-----END PRIVATE KEY-----\n";

static const char rsa_1024[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAL/uWhZZJt2LsidC\n"
                               "ELfDhyZ2tWd8jXvJ9JXVzdQC0FwE3NpjRU4HsCLk9k05eqv8TqUGxDY7rhLTI2B4\n"
                               "xNjTW4vtHl++3mLqq0Z867vhBD3v8/QtfrygWkk85cuvuX+bFouWMgu1bTXfXqgh\n"
                               "f4zS94SBxoFLdY/ahYtkYPfedBf1AgMBAAECgYEAoDekVEuPuhlHWqY3tm8uftlR\n"
                               "jVXX9aIc3odgDr9al7Yndtavn/ei/T4MrWJyGOfB7ti7KlqfcW93dKzcBfRJ0g6L\n"
                               "VCFiSj8DUUeqCZL0Z6VrZ8EbrCo4IXUxE8IEdGqdq696JHyHIyZVaK6NSs68Z26K\n"
                               "OQoChyuUa16BEjPURHECQQDlqkVeRrxi9FNHkMFkwopTR7TpWFfSsY09BmhL7deU\n"
                               "mg43vZ3f6HNSvN2qmf+dO4OLvCa464kOxDthsRnqlZDTAkEA1fBpmvrWKQPlgw4e\n"
                               "Tl7jigQQfRdp7FEs12mAKbbGXu+JJ9jeG7FFlYUtJME7sd92n+T+2vWcCjLlRPHv\n"
                               "yUZ3FwJAUThzSdEIRJKVdSS7UDAAjU05rKBChs+l3GQMtHWLnRESYCId2Baz2hnS\n"
                               "5seJf4iRj/RdWV5q3R8GxRjFypFUYwJAVQjO4PPspbbPxeyZrSrYJCaDa0UgK/cD\n"
                               "7McZUvs8E8X/7R+tALLQZqLdk6tej8+zddBuYBeZoxAhwuqrFYR1lwJAYympWnyr\n"
                               "9SDJ2WajMtuBALgCjfll54rU/pnNb9iC31so3wU/qZfMslVTK/JJ7B9LZmbsIWfp\n"
                               "lO2eoSVe2pKPFg==\n"
                               "-----END PRIVATE KEY-----\n";

#define RSA_CLAIMS "{\"iss\":\"deck@tape.test\",\"exp\":1782651600}"
static const char rsa_token[] = /* kid k1, RSA_CLAIMS */
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJpc3MiOiJkZWNrQHRhcGUudGVzdCIsImV4cC"
    "I6MTc4MjY1MTYwMH0.giHJ5dijMbRdFZN62rvBHbQnuKCXy6qsdJcXI6hz-GmOhsrftKsh01FqbUHUUw4FX5okWA97"
    "sP4K_1vnZvIBsRYoJ1lq3FEp9gs6X8bXh_v8Uhx3jdSSw7OgMP5Y5t1QDY2G12nxygUSrp0vS10iNkZkfzgpbKAoN-"
    "f2-Qz21L_gVklrbhGURT32jiE2d9jLHq6fCMCKE91RXvwiXwxM9BDYL4N7-orZE1I6UY718TT_HE6sxm1nTKeH9ZMK"
    "6tIP00UhG0T8gt16FBpOjjueWcU9DoJy50W9QC4PyaXPyRjhCZKoRraVbWrkJ9dcQZlUf9CpzPuI3P-3fWBlKanc8w";

#endif
