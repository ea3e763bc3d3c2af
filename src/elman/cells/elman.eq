# Elman's simple recurrent network: the hidden state is fed back.
# Elman, 1990: Finding structure in time, Cognitive Science 14(2), doi:10.1207/s15516709cog1402_1
# The output is left linear: a loss such as the cross-entropy applies its own nonlinearity.
h_t = sigmoid(W h_{t-1} + U x_t + b)
y_t = V h_t + c
