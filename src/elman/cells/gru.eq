# The gated recurrent unit, its reset gate before the hidden product, and a linear output.
# Cho and others, 2014: Learning phrase representations, EMNLP, doi:10.3115/v1/D14-1179
r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)
z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)
n_t = tanh(W_n x_t + U_n (r_t * h_{t-1}) + b_n)
h_t = z_t * h_{t-1} + (1 - z_t) * n_t
y_t = V h_t + c
