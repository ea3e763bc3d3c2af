# Jordan's recurrent network: the output, not the hidden layer, is fed back.
# Jordan, 1986: Serial order, a parallel distributed processing approach, ICS report 8604, UCSD
# The output is left linear: a loss such as the cross-entropy applies its own nonlinearity.
h_t = sigmoid(W y_{t-1} + U x_t + b)
y_t = V h_t + c
