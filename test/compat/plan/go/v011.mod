module example.org/compat

go 1.14

require github.com/testground/sdk-go v0.1.1
