# Long short-term memory with a forget gate, and a linear output.
# Hochreiter and Schmidhuber, 1997: Neural Computation 9(8), doi:10.1162/neco.1997.9.8.1735
# Gers, Schmidhuber and Cummins, 2000: Neural Computation 12(10), doi:10.1162/089976600300015015
f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)
o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
c_t = f_t * c_{t-1} + i_t * g_t
h_t = o_t * tanh(c_t)
y_t = V h_t + b_y
