/* Every venue: X(symbol of its descriptor). Order is the order of `tapedeck venues` and of fuzz
 * seeds; append at the end. */
X(venue_coinbase)
X(venue_binance)
X(venue_kraken)
X(venue_kucoin)
X(venue_bitfinex)
X(venue_binance_us)
X(venue_binance_usdm)
X(venue_binance_coinm)
X(venue_gate)
X(venue_gate_futures)
X(venue_bitstamp)
X(venue_gemini)
