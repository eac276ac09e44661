module __MODULE__

go 1.14

require github.com/testground/sdk-go v0.3.0
