/* Every venue that the exchange speaks: X(NAME) for feed_NAME in NAME.c. The order means nothing. */
X(coinbase)
X(binance)
X(kraken)
X(binance_us)
X(okx)
X(coinbase_advanced)
X(bitfinex)
